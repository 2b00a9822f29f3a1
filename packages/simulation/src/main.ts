import { runProcess } from '@carteiro/runtime/run-process'
import { quietLibsignal } from './quiet-libsignal.ts'
import { readSimulatorConfig } from './simulator-config.ts'
import { startSimulator } from './start-simulator.ts'

await runProcess({
  name: 'simulator',
  readConfig: readSimulatorConfig,
  start: async ({ config, logger, lifecycle }) => {
    quietLibsignal(logger)
    const { WHATSAPP_BROKER_URL: url, WHATSAPP_BROKER_API_KEY: apiKey } = config
    const simulator = await startSimulator({
      host: config.HOST,
      port: config.SIMULATOR_PORT,
      mediaPort: config.SIMULATOR_MEDIA_PORT,
      folder: config.SIMULATOR_PATH,
      broker: url === undefined || apiKey === undefined ? undefined : { url, apiKey },
      logger,
    })
    lifecycle.onStop('simulator', simulator.stop)
    logger.info({ url: simulator.url, media: simulator.media.url }, 'listening')
  },
})
