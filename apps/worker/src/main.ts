import { runProcess } from '@carteiro/runtime/run-process'
import { readWorkerConfig } from './config.ts'
import { createDependencies } from './dependencies.ts'
import { startWorker } from './worker.ts'

await runProcess({
  name: 'worker',
  readConfig: readWorkerConfig,
  start: async ({ config, logger, lifecycle }) => {
    const dependencies = await createDependencies(config, logger, lifecycle)
    await startWorker(dependencies)
  },
})
