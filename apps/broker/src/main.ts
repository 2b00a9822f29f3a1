import { runProcess } from '@carteiro/runtime/run-process'
import { readBrokerConfig } from './config.ts'
import { startBroker } from './start-broker.ts'

await runProcess({
  name: 'broker',
  readConfig: readBrokerConfig,
  start: async (context) => {
    const { report } = await startBroker(context)
    // Baileys starts work on stanzas that nobody awaits; one session's failed work must not end the others.
    process.on('unhandledRejection', report.unhandled)
  },
})
