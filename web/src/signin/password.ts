/** The fewest characters that the hub takes for a password. */
export const leastPassword = 10;
