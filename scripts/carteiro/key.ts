import { SCOPES, Scope } from '@carteiro/contracts/scope'
import { createKey } from '@carteiro/domain/keys/create-key'
import { listKeys } from '@carteiro/domain/keys/list-keys'
import { revokeKey } from '@carteiro/domain/keys/revoke-key'
import { type Command, Option } from 'commander'
import { z } from 'zod'
import { withDatabase } from './with-database.ts'
import { writeResult } from './write-result.ts'

const tenantOption = () => new Option('--tenant <id>', 'whose').makeOptionMandatory()

/** `carteiro key ...` */
export function addKeyCommands(program: Command): void {
  const key = program.command('key').description('API keys of a tenant')

  key
    .command('create')
    .description('make a key; its secret is shown here and never again')
    .addOption(tenantOption())
    .requiredOption('--name <name>', 'what it is for')
    .option('--scope <scopes...>', `any of ${SCOPES.join(', ')}`, ['read', 'send'])
    .option('--user <id>', 'the user that the audit trail names')
    .action(
      async (options: { tenant: string; name: string; scope: string[]; user?: string }, command: Command) => {
        const result = await withDatabase((db) =>
          createKey(
            { db },
            {
              tenantId: options.tenant,
              name: options.name,
              scopes: z.array(Scope).parse(options.scope),
              actor: 'cli',
              ...(options.user === undefined ? {} : { userId: options.user }),
            },
          ),
        )
        writeResult(command, result)
      },
    )

  key
    .command('list')
    .description('the keys of a tenant, without their secrets')
    .addOption(tenantOption())
    .action(async ({ tenant }: { tenant: string }, command: Command) => {
      writeResult(command, await withDatabase((db) => listKeys({ db }, tenant)))
    })

  key
    .command('revoke <id>')
    .description('the key opens nothing from now on')
    .addOption(tenantOption())
    .action(async (id: string, { tenant }: { tenant: string }, command: Command) => {
      const revoked = await withDatabase((db) => revokeKey({ db }, { tenantId: tenant, id, actor: 'cli' }))
      if (!revoked) throw new Error(`tenant ${tenant} has no living key ${id}`)
      writeResult(command, { id, status: 'revoked' })
    })
}
