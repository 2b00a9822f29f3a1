const [file, ...args] = process.argv.slice(2)
const { run } = await import(`./${file}.ts`)
process.exitCode = await run(args)
