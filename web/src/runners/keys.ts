export const runnersKey = ['runners'];
export const runnerKey = (name: string) => ['runners', name];
