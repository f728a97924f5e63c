/** What can be done with a user from its menu. */
export type UserAction = 'rules' | 'mend' | 'password' | 'remove';
