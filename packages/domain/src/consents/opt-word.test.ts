import t from 'tap'
import { readOptWord } from './opt-word.ts'

const CASES: [text: string | null, status?: 'denied' | 'granted'][] = [
  ...[
    'STOP',
    'SAIR',
    'PARAR',
    'CANCELAR',
    'BAJA',
    'UNSUBSCRIBE',
    'stop',
    ' Stop. ',
    'S\u00c1IR!',
    '\u201cparar\u201d',
  ].map((text): [string, 'denied'] => [text, 'denied']),
  ...['START', 'VOLTAR', 'start', 'Voltar.'].map((text): [string, 'granted'] => [text, 'granted']),
  ['please stop'],
  ['stop it'],
  ['STOP STOP'],
  ['stopp'],
  ['quero cancelar meu pedido'],
  ['unsub-scribe'],
  [''],
  [null],
]

t.test('a word of consent counts when it is the whole message, whatever its case', async (t) => {
  for (const [text, status] of CASES) t.equal(readOptWord(text)?.status, status, JSON.stringify(text))
  t.match(readOptWord('sair'), { word: 'SAIR', confirmation: /VOLTAR/ })
})
