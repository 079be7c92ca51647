/** The longest timeout of setTimeout, in milliseconds (24 days): a longer one fires at once. */
export const maxTimerMs = 2 ** 31 - 1;
