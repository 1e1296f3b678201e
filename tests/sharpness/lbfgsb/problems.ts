/** The functions of tests/oracles/lbfgsb/scipy_lbfgsb.py, written a second time. */
type Problem = (x: Float64Array) => { value: number; gradient: Float64Array };

export const problems: Record<string, Problem> = {
  rosenbrock(x) {
    const gradient = new Float64Array(x.length);
    let value = 0;
    for (let i = 0; i + 1 < x.length; i++) {
      const t = x[i + 1] - x[i] ** 2;
      value += 100 * t ** 2 + (1 - x[i]) ** 2;
      gradient[i] += -400 * x[i] * t - 2 * (1 - x[i]);
      gradient[i + 1] += 200 * t;
    }
    return { value, gradient };
  },
  chain(x) {
    const gradient = new Float64Array(x.length);
    let value = (x[0] - 1) ** 2;
    gradient[0] = 2 * (x[0] - 1);
    for (let i = 0; i + 1 < x.length; i++) {
      const t = x[i + 1] - x[i] ** 2;
      value += 4 * t ** 2;
      gradient[i + 1] += 8 * t;
      gradient[i] -= 16 * t * x[i];
    }
    return { value, gradient };
  },
  quadratic(x) {
    const gradient = x.map((xi, i) => {
      let sum = 0.1 * xi - Math.sin(3 * i);
      for (let j = 0; j < x.length; j++) sum += x[j] / (i + j + 1);
      return sum;
    });
    const value = x.reduce((sum, xi, i) => sum + 0.5 * xi * (gradient[i] - Math.sin(3 * i)), 0);
    return { value, gradient };
  },
  scaled(x) {
    const offset = x.map((xi, i) => xi - (i - 3));
    const gradient = offset.map((t, i) => 10 ** (i - 3) * t);
    return { value: 0.5 * offset.reduce((sum, t, i) => sum + t * gradient[i], 0), gradient };
  },
  hills(x) {
    const s = x.reduce((sum, xi) => sum + xi, 0);
    const value = x.reduce((sum, xi, i) => sum + Math.cos(xi) + 0.01 * i * xi ** 2, 0.05 * s ** 2);
    return { value, gradient: x.map((xi, i) => -Math.sin(xi) + 0.1 * s + 0.02 * i * xi) };
  },
};
