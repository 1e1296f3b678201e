/** The study file of the documentation's length, with parts replaced. */
export function studyText(replace: Record<string, string> = {}): string {
  const parts: Record<string, string> = {
    name: 'name: quickstart',
    data: 'data: mnist',
    network: 'network: f1',
    regimes: `regimes:
  SB: { batch: 256, optimizer: adam, epochs: 5 }
  LB: { batch: "0.1 * N", optimizer: adam, epochs: 20 }`,
    ...replace,
  };
  return `${Object.values(parts).join('\n')}\n`;
}
