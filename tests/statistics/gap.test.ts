import { expect, test } from 'vitest';
import { generalizationGap } from '../../src/statistics/gap.js';

test('both gaps grow with overfitting', () => {
  const gap = generalizationGap({ loss: 0.25, accuracy: 0.875 }, { loss: 0.5, accuracy: 0.75 });
  expect(gap).toEqual({
    trainLoss: 0.25,
    trainAccuracy: 0.875,
    testLoss: 0.5,
    testAccuracy: 0.75,
    lossGap: 0.25,
    accuracyGap: 0.125,
  });
});

test('a test set that comes out better has negative gaps', () => {
  const gap = generalizationGap({ loss: 0.5, accuracy: 0.75 }, { loss: 0.25, accuracy: 0.875 });
  expect(gap).toMatchObject({ lossGap: -0.25, accuracyGap: -0.125 });
});
