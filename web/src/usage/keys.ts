export const usageKey = ['usage'] as const;
export const quotasKey = ['quotas'] as const;
