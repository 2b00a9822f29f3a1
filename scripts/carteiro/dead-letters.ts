import { listDeadLetters, redriveDeadLetters } from '@carteiro/queue/dead-letters'
import { startQueue } from '@carteiro/queue/queue'
import { createLogger } from '@carteiro/runtime/logger'
import { type Command, Option } from 'commander'
import { withConnection, withDatabase } from './with-database.ts'
import { writeResult } from './write-result.ts'

const tenantOption = () => new Option('--tenant <id>', 'whose').makeOptionMandatory()

/** `carteiro dead-letters ...` */
export function addDeadLetterCommands(program: Command): void {
  const deadLetters = program
    .command('dead-letters')
    .description('Events that could not be stored and were set aside')

  deadLetters
    .command('list')
    .description('the oldest ones of a tenant, and why they were set aside; --json shows them whole')
    .addOption(tenantOption())
    .option('--limit <number>', 'how many', '50')
    .action(async (options: { tenant: string; limit: string }, command: Command) => {
      const limit = Number(options.limit)
      if (!Number.isInteger(limit) || limit < 1) throw new Error('--limit must be a whole number from 1 on')
      const { items } = await withDatabase((db) => listDeadLetters(db, { tenantId: options.tenant, limit }))
      const isJson = command.optsWithGlobals().json === true
      writeResult(command, isJson ? items : items.map(({ envelope: _envelope, ...row }) => row))
    })

  deadLetters
    .command('redrive [id]')
    .description('put one back into its queue, or all of a tenant with --all')
    .addOption(tenantOption())
    .option('--all', 'every dead letter of the tenant')
    .action(async (id: string | undefined, options: { tenant: string; all?: true }, command: Command) => {
      if ((id === undefined) !== (options.all === true)) throw new Error('name one id, or say --all')
      const redriven = await redrive(options.tenant, id)
      if (id !== undefined && redriven === 0)
        throw new Error(`tenant ${options.tenant} has no dead letter ${id}`)
      writeResult(command, { tenant: options.tenant, redriven })
    })
}

const redrive = (tenantId: string, id: string | undefined): Promise<number> =>
  withConnection(async (connection, url) => {
    const logger = createLogger('carteiro', 'error')
    const queue = await startQueue({ connection, url, logger, role: 'producer' })
    try {
      return await redriveDeadLetters({ db: connection.db, queue }, { tenantId, id })
    } finally {
      await queue.stop()
    }
  })
