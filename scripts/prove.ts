import { runNamed } from './run-named.ts'

/** `npm run prove -- NAME`: breaks real processes and looks what was lost; a file of `prove/` each. */
process.exit(await runNamed('prove', process.argv.slice(2)))
