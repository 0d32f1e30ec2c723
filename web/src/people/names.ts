const pattern = /^[a-z0-9](?:[a-z0-9._-]{0,62})$/;

/** What is wrong with the name of a new account, as the hub sees it; undefined when nothing is. */
export const nameRefusal = (name: string) => (pattern.test(name) ? undefined : 'Letters a to z, digits, hyphen, underscore and dot; up to 63.');
