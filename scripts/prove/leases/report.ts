/** One thing that happened to the brokers. */
export interface Step {
  what: string
  ms: number
  /** How long it may take, where that is promised. */
  limitMs: number | undefined
  /** Instances that were opened while another socket of theirs was there. */
  overlaps: number
  mayOverlap: number
}

export interface Outcome {
  received: number
  sent: number
  lost: string[]
  wrong: string[]
  strangers: string[]
}

const EXAMPLES = 10

/** Tells what happened. @returns 0 when every promise held */
export function report(
  plan: { instances: number; brokers: number },
  steps: Step[],
  { received, sent, ...faults }: Outcome,
  print: (line: string) => void,
): number {
  for (const [promise, list] of Object.entries(faults)) {
    for (const one of list.slice(0, EXAMPLES)) print(`${promise}: ${one}`)
  }
  const late = steps.filter(({ ms, limitMs }) => limitMs !== undefined && ms > limitMs).length
  const twice = steps.filter(({ overlaps, mayOverlap }) => overlaps > mayOverlap).length
  const counts = {
    ...{ late, openTwice: twice },
    ...{ lost: faults.lost.length, wrong: faults.wrong.length, strangers: faults.strangers.length },
  }
  print(`PROVE ${JSON.stringify({ name: 'leases', ...plan, received, sent, ...counts })}`)
  return Object.values(counts).every((count) => count === 0) ? 0 : 1
}
