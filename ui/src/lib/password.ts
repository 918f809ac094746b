// How strong a password is. Enters: a password. Leaves: one of four words. Absent: sending, storing.

/** Least length that the unit accepts. */
export const PASSWORD_MIN = 12

export type Strength = 'short' | 'weak' | 'fair' | 'strong'

const COMMON = /password|passwort|socium|qwert|letmein|welcome|admin|1234|abcd|(.)\1{3}/i

/** Judges by length, sorts of characters and well-known patterns; a hint for people, not a barrier. */
export function strength(password: string): Strength {
  if ([...password].length < PASSWORD_MIN) return 'short'
  const different = new Set(password.toLowerCase()).size
  if (COMMON.test(password) || different < 6) return 'weak'
  const sorts = [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d]/u, /\p{Lo}/u].filter((sort) => sort.test(password)).length
  const points = [...password].length + 3 * sorts + Math.min(different, 12)
  return points >= 34 ? 'strong' : points >= 26 ? 'fair' : 'weak'
}
