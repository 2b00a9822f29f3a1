import { runNamed } from './run-named.ts'

/** `npm run bench -- NAME`: measures the product's way beside the plain way; a file of `bench/` each. */
process.exit(await runNamed('bench', process.argv.slice(2)))
