export const config = {
