import { keepPartitions } from '@carteiro/domain/events/partitions'
import { listen } from '@carteiro/runtime/http-server'
import { runProcess } from '@carteiro/runtime/run-process'
import { createApp } from './app.ts'
import { readApiConfig } from './config.ts'
import { createDependencies } from './dependencies.ts'
import { startRealtime } from './features/realtime/start.ts'

await runProcess({
  name: 'api',
  readConfig: readApiConfig,
  start: async ({ config, logger, lifecycle }) => {
    const dependencies = await createDependencies(config, logger, lifecycle)
    await keepPartitions(dependencies.db, logger, lifecycle)
    const app = await createApp(dependencies)
    lifecycle.onStop('http server', () => app.close())
    startRealtime(dependencies, app.server)
    const url = await listen(app, config.HOST, config.API_PORT)
    logger.info({ url }, 'listening')
  },
})
