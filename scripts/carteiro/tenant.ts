import { createTenant } from '@carteiro/domain/tenants/create-tenant'
import { listTenants } from '@carteiro/domain/tenants/list-tenants'
import type { Command } from 'commander'
import { withDatabase } from './with-database.ts'
import { writeResult } from './write-result.ts'

/** `carteiro tenant ...` */
export function addTenantCommands(program: Command): void {
  const tenant = program.command('tenant').description('Companies: everything belongs to one of them')

  tenant
    .command('create <id>')
    .description('make a tenant; making it again changes nothing')
    .option('--name <name>', 'the name that people see')
    .action(async (id: string, options: { name?: string }, command: Command) => {
      const result = await withDatabase((db) => createTenant({ db }, { id, name: options.name ?? id }))
      writeResult(command, { id, ...result })
    })

  tenant
    .command('list')
    .description('every tenant')
    .action(async (_options: object, command: Command) => {
      writeResult(command, await withDatabase((db) => listTenants({ db })))
    })
}
