it('is never read', () => {
