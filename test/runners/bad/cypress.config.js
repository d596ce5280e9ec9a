module.exports = { e2e: { 
