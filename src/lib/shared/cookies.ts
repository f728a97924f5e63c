/** The project that a browser last had open. No secret: it counts only together with a membership. */
export const projectCookie = 'sh0_project';
