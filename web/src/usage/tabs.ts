export const usageTabs = [{ to: '/usage', text: 'What was used' }, { to: '/usage/quotas', text: 'Quotas' }];
