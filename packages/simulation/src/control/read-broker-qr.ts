import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { z } from 'zod'
import type { BrokerAccess } from './control-dependencies.ts'

const TIMEOUT_MS = 5_000
const MAX_BYTES = 64 * 1024

const Shown = z.object({ qr: z.string().min(1).max(2_000) })

/**
 * The QR code that a broker shows for an instance just now.
 *
 * @throws Problem with the broker's own sentence when it shows none, BROKER_ERROR when it cannot be understood
 */
export async function readBrokerQr({ url, apiKey }: BrokerAccess, instanceId: string): Promise<string> {
  const { status, body } = await ask(new URL(`/instances/${instanceId}/qr`, url), apiKey)
  const shown = Shown.safeParse(body)
  if (status === 200 && shown.success) return shown.data.qr
  const problem = ProblemBody.safeParse(body)
  if (!problem.success) {
    throw new Problem('BROKER_ERROR', `The broker answered ${status} and no QR code: check its url.`)
  }
  const { code, message } = problem.data.error
  throw new Problem('QR_NOT_AVAILABLE', `The broker shows no code: ${message}`, { details: { code } })
}

async function ask(url: URL, apiKey: string): Promise<{ status: number; body: unknown }> {
  try {
    const response = await fetch(url, {
      headers: { 'x-api-key': apiKey },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    return { status: response.status, body: parse(await readBounded(response)) }
  } catch {
    // The cause may tell the key, as a bad header does.
    throw new Problem('BROKER_ERROR', `No broker answers at ${url.origin}: check its url and that it runs.`)
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) throw new Error('too long an answer')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
