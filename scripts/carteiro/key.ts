import { NewApiKey } from '@carteiro/contracts/api-key'
import { SCOPES } from '@carteiro/contracts/scope'
import { createKey } from '@carteiro/domain/keys/create-key'
import { listKeys } from '@carteiro/domain/keys/list-keys'
import { revokeKey } from '@carteiro/domain/keys/revoke-key'
import { type Command, Option } from 'commander'
import { withDatabase } from './with-database.ts'
import { writeResult } from './write-result.ts'

const tenantOption = () => new Option('--tenant <id>', 'whose').makeOptionMandatory()

interface CreateOptions {
  tenant: string
  name: string
  scope: string[]
  user?: string
  expires?: string
}

/** The newest are shown. */
const MAX_LISTED = 1_000

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
    .option('--expires <when>', 'from then on it opens nothing, such as 2027-01-31T00:00:00Z')
    .action(async ({ tenant, name, scope, user, expires }: CreateOptions, command: Command) => {
      const key = NewApiKey.parse({ name, scopes: scope, userId: user, expiresAt: expires })
      const result = await withDatabase((db) => createKey({ db }, { ...key, tenantId: tenant, actor: 'cli' }))
      writeResult(command, result)
    })

  key
    .command('list')
    .description('the keys of a tenant, without their secrets')
    .addOption(tenantOption())
    .action(async ({ tenant }: { tenant: string }, command: Command) => {
      const { items } = await withDatabase((db) => listKeys(db, { tenantId: tenant, limit: MAX_LISTED }))
      writeResult(command, items)
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
