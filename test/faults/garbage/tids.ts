/** An ordinal as ids are written. */
export const hexId = (ordinal: number): string => ordinal.toString(16).padStart(16, '0')
