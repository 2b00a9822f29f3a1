import { call, paths, readPhone } from './api.js'
import { byId, element } from './elements.js'
import { follow } from './follow.js'
import { listenToLinking, showDevices } from './linked-devices.js'
import { showChats } from './show-chats.js'
import { showMessages } from './show-messages.js'

const KNOWN = 'phones'
const TROUBLE_MS = 8_000
const TYPING_MS = 3_000

/** Whose phone this is, and which chat is open. The address keeps both. */
let own
let chat
let stopFollowing = () => undefined
let troubleTimer
let typingTimer

/** Runs what a person asked for, and shows the sentence of a refusal. */
async function act(work) {
  try {
    await work()
    byId('trouble').hidden = true
  } catch (error) {
    byId('trouble').textContent = error.message
    byId('trouble').hidden = false
    clearTimeout(troubleTimer)
    troubleTimer = setTimeout(() => {
      byId('trouble').hidden = true
    }, TROUBLE_MS)
  }
}

async function refresh() {
  const phone = own
  const [customer, { items: chats }, { items: accounts }] = await Promise.all([
    call('GET', paths.customer(phone)),
    call('GET', paths.chats(phone)),
    call('GET', '/accounts'),
  ])
  if (phone !== own) return
  const devices = showDevices(phone, accounts, (device) =>
    act(() => call('DELETE', paths.device(phone, device))),
  )
  byId('about').textContent = [
    customer.pushName,
    customer.onWhatsApp ? (customer.online ? 'online' : 'offline') : 'not on WhatsApp',
    devices.length === 1 ? '1 linked device' : `${devices.length} linked devices`,
  ].join(' · ')
  offerPhones([phone, ...accounts.map((account) => account.phone)])
  showChats(chats, chat, openChat)
  if (chat) await refreshChat(chats.find((one) => one.chat === chat))
}

async function refreshChat(facts) {
  const opened = chat
  const { items } = await call('GET', `${paths.chat(own, opened)}/messages`)
  if (opened !== chat) return
  byId('chat-name').textContent = facts?.name ?? opened
  byId('chat-state').textContent = facts?.typing.length > 0 ? 'typing…' : opened
  showMessages(items, { own, react })
  const unread = items.some(({ mine, read }) => !mine && !read)
  if (unread && document.visibilityState === 'visible')
    await call('POST', `${paths.chat(own, opened)}/read`, {})
}

function showPhone(phone) {
  own = phone
  chat = undefined
  remember(phone)
  byId('own').value = phone
  byId('devices').hidden = false
  byId('chats').hidden = false
  byId('nothing').textContent = 'Choose a chat, or write to another number.'
  closeChat()
  stopFollowing()
  stopFollowing = follow(paths.events(phone), () => act(refresh))
}

function openChat(name) {
  chat = name
  byId('messages').replaceChildren()
  byId('chat').hidden = false
  byId('nothing').hidden = true
  document.querySelector('.phone').dataset.view = 'chat'
  keepAddress()
  byId('chat-name').textContent = name
  byId('text').focus()
  act(refresh)
}

function closeChat() {
  chat = undefined
  byId('chat').hidden = true
  byId('nothing').hidden = false
  document.querySelector('.phone').dataset.view = 'chats'
  keepAddress()
}

function keepAddress() {
  const address = new URLSearchParams({ phone: own, ...(chat && { chat }) })
  history.replaceState(null, '', `#${address}`)
}

const write = (content) => call('POST', `${paths.chat(own, chat)}/messages`, content)
const react = (message, emoji) =>
  act(() => write({ type: 'reaction', emoji, message: { id: message.id, from: message.from } }))

function sayTyping(typing) {
  const path = `${paths.chat(own, chat)}/typing`
  // Nobody misses it when it fails.
  call('POST', path, { typing }).catch(() => undefined)
}

function knownPhones() {
  try {
    return JSON.parse(localStorage.getItem(KNOWN) ?? '[]').filter(readPhone)
  } catch {
    return []
  }
}

function remember(phone) {
  localStorage.setItem(KNOWN, JSON.stringify([...new Set([phone, ...knownPhones()])].slice(0, 20)))
}

function offerPhones(phones) {
  const offered = [...new Set([...phones, ...knownPhones()])]
  byId('known').replaceChildren(...offered.map((value) => element('option', { value })))
}

function onPhone(form, then) {
  byId(form).addEventListener('submit', (event) => {
    event.preventDefault()
    const input = event.currentTarget.elements.phone
    const phone = readPhone(input.value)
    act(async () => {
      if (!phone) throw new Error('A phone has 8 to 15 digits.')
      then(phone)
    })
  })
}

onPhone('pick', showPhone)
onPhone('start', (phone) => {
  byId('start').reset()
  openChat(phone)
})
listenToLinking(() => own, act)
byId('back').addEventListener('click', () => {
  closeChat()
  act(refresh)
})
byId('picture').addEventListener('click', () => act(() => write({ type: 'image' })))
byId('write').addEventListener('submit', (event) => {
  event.preventDefault()
  const text = byId('text').value
  if (text.trim() === '') return
  clearTimeout(typingTimer)
  typingTimer = undefined
  act(async () => {
    await write({ text })
    byId('write').reset()
  })
})
byId('text').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  byId('write').requestSubmit()
})
byId('text').addEventListener('input', () => {
  if (typingTimer === undefined) sayTyping(true)
  clearTimeout(typingTimer)
  typingTimer = setTimeout(() => {
    typingTimer = undefined
    sayTyping(false)
  }, TYPING_MS)
})
document.addEventListener('visibilitychange', () => own && act(refresh))

const address = new URLSearchParams(location.hash.slice(1))
offerPhones([])
if (readPhone(address.get('phone') ?? '')) {
  showPhone(readPhone(address.get('phone')))
  if (address.get('chat')) openChat(address.get('chat'))
}
