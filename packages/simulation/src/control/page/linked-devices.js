import { call, paths } from './api.js'
import { byId, element, showList } from './elements.js'

/** The clients that this phone linked. @param remove called with the number of one that is to go */
export function showDevices(own, accounts, remove) {
  const devices = accounts.find(({ phone }) => phone === own)?.companions ?? []
  showList(byId('device-list'), devices, {
    keyOf: ({ device }) => String(device),
    render: ({ device, connected }) =>
      element(
        'li',
        {},
        `Device ${device}, ${connected ? 'connected' : 'away'}`,
        element(
          'button',
          { type: 'button', 'data-part': 'remove', onclick: () => remove(device) },
          'Log out',
        ),
      ),
  })
  return devices
}

/** Lets the forms link a device. @param act runs one act, and shows its refusal */
export function listenToLinking(ownPhone, act) {
  const forms = {
    scan: ({ qr }) => ({ qr: qr.trim() }),
    'scan-broker': ({ instanceId }) => ({ broker: { instanceId: instanceId.trim() } }),
    'type-code': ({ pairingCode }) => ({ pairingCode: pairingCode.replace(/[\s-]/g, '') }),
  }
  for (const [id, bodyOf] of Object.entries(forms)) {
    const form = byId(id)
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      const body = bodyOf(Object.fromEntries(new FormData(form)))
      act(async () => {
        await call('POST', paths.link(ownPhone()), body)
        form.reset()
      })
    })
  }
}
