import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Stack, type StackOptions, startStack } from '../../stack/start-stack.ts'

/**
 * Starts a stack in a folder of its own, gives it to the proof, and leaves neither processes nor files behind, unless
 * the folder is to be kept for its logs.
 */
export async function withStack<Result>(
  { keep = false, ...options }: Pick<StackOptions, 'simulator' | 'env'> & { keep?: boolean | undefined },
  prove: (stack: Stack, dataDirectory: string) => Promise<Result>,
): Promise<Result> {
  const dataDirectory = await mkdtemp(path.join(tmpdir(), 'carteiro-prove-'))
  console.log(
    `starting PostgreSQL, api, worker${options.simulator ? ', broker and simulator' : ' and broker'} ...`,
  )
  const stack = await startStack({ ...options, dataDirectory, ports: 'free' })
  try {
    return await prove(stack, dataDirectory)
  } finally {
    await stack.stop()
    if (keep) console.log(`what the processes wrote is in ${dataDirectory}/logs`)
    else await rm(dataDirectory, { recursive: true, force: true })
  }
}
