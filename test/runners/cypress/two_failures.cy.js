for (const n of [1, 2])
  it(`fails ${n}`, () => { throw new Error(`no ${n}`); });
