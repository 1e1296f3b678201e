/** The optimizer of both sides, with Keras' epsilon. */
export const adam = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;
