/** What loads that list databases and users depend on. */
export const databasesKey = 'sh0:databases';
