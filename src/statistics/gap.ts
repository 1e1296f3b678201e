import type { Evaluation } from '../objective/objective.js';

/** How a model does on its training and on its test set, and how far the two lie apart. */
export interface GeneralizationGap {
  trainLoss: number;
  trainAccuracy: number;
  testLoss: number;
  testAccuracy: number;
  /** Test loss - train loss. */
  lossGap: number;
  /** Train accuracy - test accuracy, both shares in 0 … 1. */
  accuracyGap: number;
}

/**
 * Generalization gap (Keskar et al. 2017, section 2): both gaps are signed so that they grow with
 * overfitting; a negative gap means that the test set came out better.
 */
export function generalizationGap(train: Evaluation, test: Evaluation): GeneralizationGap {
  return {
    trainLoss: train.loss,
    trainAccuracy: train.accuracy,
    testLoss: test.loss,
    testAccuracy: test.accuracy,
    lossGap: test.loss - train.loss,
    accuracyGap: train.accuracy - test.accuracy,
  };
}
