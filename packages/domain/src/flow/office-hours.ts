import { type OfficeHours, WEEKDAYS, type Weekday } from '@carteiro/contracts/office-hours'

const MINUTES_OF_DAY = 1_440

/** Whether somebody is there at a time, by the clock of the hours' own time zone. Pure. */
export function isOpen({ timezone, week }: OfficeHours, at: Date): boolean {
  const { day, minute } = clockOf(timezone, at)
  const before = WEEKDAYS[(WEEKDAYS.indexOf(day) + WEEKDAYS.length - 1) % WEEKDAYS.length]
  return week.some(({ days, from, to }) => {
    const [start, end] = [minuteOf(from), minuteOf(to)]
    if (start < end) return days.includes(day) && minute >= start && minute < end
    const sinceYesterday = before !== undefined && days.includes(before) && minute < end
    return sinceYesterday || (days.includes(day) && minute >= start)
  })
}

function clockOf(timezone: string, at: Date): { day: Weekday; minute: number } {
  const parts = new Map(
    new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  const name = parts.get('weekday')?.toLowerCase()
  const day = WEEKDAYS.find((one) => one === name)
  if (!day) throw new Error(`no weekday: ${name}`)
  return { day, minute: (Number(parts.get('hour')) * 60 + Number(parts.get('minute'))) % MINUTES_OF_DAY }
}

function minuteOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number)
  return (hours ?? 0) * 60 + (minutes ?? 0)
}
