import type { ColumnType, JSONColumnType } from 'kysely'

/** How columns are read and written, where the two differ. */
export type When = ColumnType<Date, Date | string, Date | string>
export type WhenDefault = ColumnType<Date, Date | string | undefined, Date | string>
export type WhenNullable = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
export type Json = JSONColumnType<Record<string, unknown>>
export type JsonDefault = ColumnType<Record<string, unknown>, string | undefined, string>
/** `unknown` inside, `null` for SQL null; written as JSON text. */
export type JsonNullable = ColumnType<unknown, string | null | undefined, string | null>
/** bigint: node-postgres gives text, the connection reads it as a number (database/connect.ts). */
export type Big = ColumnType<number, number, number>
export type BigDefault = ColumnType<number, number | undefined, number>
export type BigNullable = ColumnType<number | null, number | null | undefined, number | null>
