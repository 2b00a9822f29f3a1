import { Slug } from '@carteiro/contracts/identifier'
import { addInstance } from '@carteiro/domain/instances/add-instance'
import { listInstances } from '@carteiro/domain/instances/find-instance'
import type { Command } from 'commander'
import { withDatabase } from './with-database.ts'
import { writeResult } from './write-result.ts'

/** Readers of the log look each second besides. */
const SILENT = { notify: () => undefined, stop: async () => undefined }

/** `carteiro instance ...` */
export function addInstanceCommands(program: Command): void {
  const instance = program.command('instance').description('WhatsApp numbers of a tenant')

  instance
    .command('create <id>')
    .description('make an instance; connecting it by the API registers it with the broker')
    .requiredOption('--tenant <id>', 'whose')
    .option('--name <name>', 'the name that people see')
    .action(async (id: string, options: { tenant: string; name?: string }, command: Command) => {
      const result = await withDatabase((db) =>
        addInstance(
          { db, notifier: SILENT },
          { id: Slug.parse(id), tenantId: options.tenant, name: options.name ?? id },
          { actor: 'cli' },
        ),
      )
      if (result.status === 'exists') throw new Error(`the id ${id} is taken; choose another one`)
      writeResult(command, result.instance)
    })

  instance
    .command('list')
    .description('the instances of a tenant, and how their sessions stand')
    .requiredOption('--tenant <id>', 'whose')
    .action(async ({ tenant }: { tenant: string }, command: Command) => {
      writeResult(command, await withDatabase((db) => listInstances(db, tenant)))
    })
}
