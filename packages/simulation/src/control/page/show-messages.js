import { paths } from './api.js'
import { byId, element, showList } from './elements.js'

const REACTIONS = ['👍', '❤️', '😂', '😮', '🙏']

/** What became of what this person wrote. */
const TICKS = {
  pending: ['…', 'not sent yet'],
  sent: ['✓', 'sent'],
  delivered: ['✓✓', 'delivered'],
  read: ['✓✓', 'read'],
  played: ['✓✓', 'played'],
  refused: ['!', 'refused'],
}

/** The messages of a chat, the latest in sight. @param react called with a message and an emoji */
export function showMessages(messages, { own, react }) {
  const scroll = byId('scroll')
  const atEnd = distanceToEnd(scroll) < 80
  showList(byId('messages'), messages, {
    keyOf: ({ from, id }) => `${from} ${id}`,
    render: (message) => renderMessage(message, own, react),
  })
  if (atEnd) scroll.scrollTop = scroll.scrollHeight
}

function renderMessage(message, own, react) {
  const { mine, from, pushName, chat, at, edited } = message
  const time = new Date(at)
  return element(
    'li',
    { class: mine ? 'mine' : 'theirs', 'data-id': message.id },
    element(
      'div',
      { class: 'bubble' },
      element(
        'span',
        { class: chat.includes('@') && !mine ? 'author' : 'hidden' },
        mine ? 'You' : pushName || from,
      ),
      ...renderContent(message, own),
      element(
        'span',
        { class: 'facts' },
        ticksOf(message),
        edited ? 'edited ' : '',
        element(
          'time',
          { datetime: at },
          time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }),
        ),
      ),
    ),
    renderUnder(message, own, react),
  )
}

function renderContent(message, own) {
  const { type, text, revoked, location, contacts, poll, votes, field } = message
  if (revoked) return [element('span', { class: 'gone' }, 'This message was taken back.')]
  const words = text === null ? [] : [element('span', { class: 'text' }, text)]
  switch (type) {
    case 'text':
      return words
    case 'image':
    case 'sticker':
      return [element('img', { src: paths.file(own, message), alt: text ?? type, onload: keepEnd }), ...words]
    case 'video':
      return [element('video', { src: paths.file(own, message), controls: true }), ...words]
    case 'audio':
    case 'voice':
      return [element('audio', { src: paths.file(own, message), controls: true })]
    case 'document':
      return [
        element('a', { href: paths.file(own, message), download: true }, message.file.fileName ?? 'File'),
        ...words,
      ]
    case 'location':
      return [kind(`Place: ${location.latitude}, ${location.longitude} `), ...words]
    case 'contact':
      return contacts.map(({ name, phones }) => kind(`Contact: ${name} ${phones.join(', ')}`))
    case 'poll':
      return [...words, ...poll.options.map((option) => kind(`\n${countVotes(votes, option)} × ${option}`))]
    default:
      return [kind(field ?? type), ...words]
  }
}

const kind = (words) => element('span', { class: 'kind' }, words)
const countVotes = (votes, option) => votes.filter(({ options }) => options.includes(option)).length

const distanceToEnd = ({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight

/** A picture that was loaded has pushed the latest message out of sight. */
function keepEnd() {
  const scroll = byId('scroll')
  if (distanceToEnd(scroll) < 400) scroll.scrollTop = scroll.scrollHeight
}

function renderUnder(message, own, react) {
  const { reactions, mine, revoked } = message
  const given = reactions.map(({ from, emoji }) =>
    element('span', { class: 'reaction', 'aria-label': `${emoji} by ${from === own ? 'you' : from}` }, emoji),
  )
  if (mine || revoked) return element('div', { class: 'under' }, ...given)
  const choices = element(
    'span',
    { hidden: true },
    ...REACTIONS.map((emoji) =>
      element(
        'button',
        { type: 'button', 'aria-label': `React with ${emoji}`, onclick: () => react(message, emoji) },
        emoji,
      ),
    ),
  )
  const toggle = element(
    'button',
    {
      type: 'button',
      'data-part': 'react',
      'aria-expanded': 'false',
      onclick() {
        choices.hidden = !choices.hidden
        toggle.setAttribute('aria-expanded', String(!choices.hidden))
      },
    },
    'React',
  )
  return element('div', { class: 'under' }, ...given, toggle, choices)
}

/** The ticks of a message that this person wrote. */
export function ticksOf({ status, refused }) {
  if (status === undefined) return undefined
  const [ticks, words] = TICKS[status]
  const label = refused === undefined ? words : `${words} with ${refused}`
  return element('span', { class: `ticks ${status}`, role: 'img', 'aria-label': label, title: label }, ticks)
}
