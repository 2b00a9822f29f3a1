import type { Test } from 'tap'
import { createFaults } from '../faults/create-faults.ts'
import { linkDevice, openClient } from '../linking/test-linked-device.ts'
import { createPhoneMedia } from '../media/create-phone-media.ts'
import { startTestMediaHost } from '../media/test-media-host.ts'
import { createPhone } from '../phone/create-phone.ts'
import { shown } from '../phone/test-whatsapp.ts'
import { followClient } from '../server/test-client.ts'
import { startTestServer } from '../server/test-server.ts'
import type { WholeServerUnderTest } from './test-server-under-test.ts'

/** Our own server, its phones and its media host; clients are linked by QR code. */
export async function startOurServer(t: Test): Promise<WholeServerUnderTest> {
  const { host, options, socketConfig } = await startTestMediaHost(t)
  const media = createPhoneMedia(host)
  const { server, url, adopt } = await startTestServer(t, {
    mediaConn: host.mediaConn,
    createPhone: (person, port) =>
      createPhone({ person, pushName: person.pushName, port: { ...port, media } }),
  })
  const faults = createFaults(server)

  function phone(digits: string) {
    const person = server.persons.named(digits)
    const device = person && server.persons.phoneOf(person)
    if (!device) throw new Error(`${digits} has no phone`)
    return device.phone
  }

  return {
    phone,
    download: { options, host: host.hostname },
    goSilent: (account) => void faults.strike({ type: 'half-open' }, { phone: account }),
    async link(account) {
      const base = url.replace('ws', 'http').replace('/ws/chat', '')
      const { auth } = await linkDevice(base, server, account)
      return () =>
        adopt(
          followClient(
            openClient(base, auth, {
              ...socketConfig,
              emitOwnEvents: false,
              fireInitQueries: false,
              defaultQueryTimeoutMs: 10_000,
            }),
          ),
        )
    },
    async write(customer, account, { id, text, name }) {
      await phone(customer).write(account, { type: 'text', text }, { id, pushName: name })
    },
    async got(customer, account, id) {
      const message = await shown(phone(customer), (one) => one.id === id && one.from === account)
      return message.content.text
    },
  }
}
