export const templatesKey = ['templates'];
export const templateKey = (slug: string) => ['templates', slug];
