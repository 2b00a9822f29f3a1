import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { createApiClient } from '../stack/api-client.ts'
import { startStack } from '../stack/start-stack.ts'
import { latencies, percentiles } from './roundtrip/latencies.ts'
import { measureOurs } from './roundtrip/ours.ts'
import { measurePlainBaileys } from './roundtrip/plain-baileys.ts'

/**
 * Round trip: a customer's message to a Socket.IO client, and a POST to the phone, at a steady rate. Beside it the
 * plain way, in the same run: one Baileys socket in this process, nothing stored and nothing promised.
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { count: { type: 'string', default: '200' }, rate: { type: 'string', default: '10' } },
  })
  const pace = { count: Number(values.count), perSecond: Number(values.rate) }
  const dataDirectory = await mkdtemp(path.join(tmpdir(), 'carteiro-bench-'))
  console.log('starting PostgreSQL, api, worker, broker and simulator ...')
  const stack = await startStack({ dataDirectory, ports: 'free', simulator: true })
  try {
    const simulatorUrl = stack.urls.simulator ?? ''
    const simulator = createApiClient(simulatorUrl)
    const ours = await measureOurs(stack, simulator, pace)
    const plain = await measurePlainBaileys(simulatorUrl, simulator, pace)
    report(ours, plain)
    return 0
  } finally {
    await stack.stop()
    await rm(dataDirectory, { recursive: true, force: true })
  }
}

type Measured = Awaited<ReturnType<typeof measureOurs>>

function report(ours: Measured, plain: Measured): void {
  const rows = {
    'inbound, ours': percentiles(ours.inbound),
    'inbound, plain Baileys': percentiles(plain.inbound),
    'outbound, ours': percentiles(ours.outbound),
    'outbound, plain Baileys': percentiles(plain.outbound),
  }
  console.table(rows)
  const p50 = (one: number[]) => percentiles(one).p50
  const baselines = { plainInbound: p50(plain.inbound), plainOutbound: p50(plain.outbound) }
  console.log(
    `BENCH ${JSON.stringify({
      name: 'roundtrip',
      unit: 'ms (p50 of both ways)',
      ours: p50(latencies(ours)),
      baselines,
      ratios: {
        inbound: round(p50(ours.inbound) / baselines.plainInbound),
        outbound: round(p50(ours.outbound) / baselines.plainOutbound),
      },
      latencyMs: percentiles(latencies(ours)),
      notes: {
        inbound: percentiles(ours.inbound),
        outbound: percentiles(ours.outbound),
        each: ours.inbound.length,
      },
    })}`,
  )
}

const round = (ratio: number): number => Math.round(ratio * 100) / 100
