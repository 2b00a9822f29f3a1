import { Command } from 'commander'
import { addDeadLetterCommands } from './carteiro/dead-letters.ts'
import { addInstanceCommands } from './carteiro/instance.ts'
import { addKeyCommands } from './carteiro/key.ts'
import { addTenantCommands } from './carteiro/tenant.ts'

/** The operator's command line: works on the database directly, so it needs DATABASE_URL and no key. */
const program = new Command('carteiro')
  .description('Operate Carteiro: tenants, API keys, instances and dead letters. Needs DATABASE_URL.')
  .option('--json', 'write JSON, for scripts')
  .showHelpAfterError()

addTenantCommands(program)
addKeyCommands(program)
addInstanceCommands(program)
addDeadLetterCommands(program)

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`carteiro: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
