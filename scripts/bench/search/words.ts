/** So many different words; how often each is used follows Zipf's law, as in what people write. */
export const VOCABULARY = 20_000
export const WORDS_A_MESSAGE = 8

/** Letters for the hexadecimal digits of a word's rank. */
const LETTERS = 'baedfigolumnrstv'

/** The word of a rank, 1 the most common one. `fill` writes the same in SQL. */
export const wordOf = (rank: number): string =>
  [...rank.toString(16)].map((digit) => LETTERS[Number.parseInt(digit, 16)]).join('')

/** SQL of the word of a rank. @param rank an integer expression */
export const wordInSql = (rank: string): string =>
  `translate(to_hex(${rank}), '0123456789abcdef', '${LETTERS}')`

/** Every second message has the one, every other the other: both are common, and never together. */
export const NEVER_TOGETHER = ['oddsaid', 'evensaid'] as const
/** Every message of the oldest 30 % has it, and none since. */
export const OF_LONG_AGO = 'oldword'

/** What is looked for in messages, by kind. A number from 0 on gives each another one. */
export const QUERIES: Record<string, (n: number) => string> = {
  common: () => `"${wordOf(1)}"`,
  medium: (n) => `"${wordOf(60 + n)}"`,
  rare: (n) => `"${wordOf(8_000 + n * 97)}"`,
  absent: (n) => `"nobodysays${wordOf(n + 1)}"`,
  longAgo: () => `"${OF_LONG_AGO}"`,
  twoCommon: (n) => `"${wordOf(1)}" "${wordOf(2 + (n % 3))}"`,
  commonAndRare: (n) => `"${wordOf(1)}" "${wordOf(8_000 + n * 97)}"`,
  neverTogether: () => NEVER_TOGETHER.map((word) => `"${word}"`).join(' '),
  sideBySide: (n) => `"${wordOf(1)} ${wordOf(2 + (n % 3))}"`,
  beginning: (n) => wordOf(300 + n).slice(0, 2),
  oneLetter: (n) => LETTERS[n % LETTERS.length] ?? 'b',
}

/** The phone of a chat of the tenant. `fill` writes the same in SQL. */
export const phoneOf = (chat: number): string => `+55219${String(chat).padStart(8, '0')}`

/** What is looked for in contacts and in tickets. */
export const CONTACT_QUERIES: Record<string, (n: number) => string> = {
  commonName: () => wordOf(1),
  rareName: (n) => wordOf(2_000 + n * 97),
  lastDigits: (n) => phoneOf(n * 7).slice(-6),
}
