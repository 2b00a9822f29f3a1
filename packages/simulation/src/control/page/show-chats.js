import { byId, element, showList } from './elements.js'
import { ticksOf } from './show-messages.js'

/** The list of chats. @param open called with the chat that was chosen */
export function showChats(chats, current, open) {
  showList(
    byId('chat-list'),
    chats.map((chat) => ({ ...chat, current: chat.chat === current })),
    { keyOf: ({ chat }) => chat, render: (chat) => renderChat(chat, open) },
  )
}

function renderChat({ chat, name, unread, typing, last, current }, open) {
  return element(
    'li',
    {},
    element(
      'button',
      {
        type: 'button',
        class: 'chat-entry',
        'data-part': 'open',
        'aria-current': current && 'true',
        onclick: () => open(chat),
      },
      element('span', { class: 'name' }, name),
      element('span', { class: 'at' }, last ? timeOf(last.at) : ''),
      typing.length > 0
        ? element('span', { class: 'last' }, 'typing…')
        : element('span', { class: 'last' }, ...(last ? [ticksOf(last), summaryOf(last)] : [chat])),
      unread > 0 && element('span', { class: 'unread', 'aria-label': `${unread} unread` }, String(unread)),
    ),
  )
}

function summaryOf({ type, text, revoked }) {
  if (revoked) return 'taken back'
  return type === 'text' ? (text ?? '') : [type, text].filter(Boolean).join(': ')
}

/** The time of day of an ISO time, as this place writes it. */
export const timeOf = (at) => new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
