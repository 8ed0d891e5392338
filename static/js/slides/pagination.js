// Split the blocks of a section into views of a limited height.

// `blocks` are consecutive, with `top`, `bottom` and `isLead`: a lead stays with the block that follows it. Returns
// lists of blocks, each at most `height` high; a block that is higher is in a view of its own, after its leads.
export function paginate(blocks, height) {
  const views = [];
  let view = [];
  for (const block of blocks) {
    const start = view[0] ?? block;
    if (block.bottom - start.top > height && !view.every((each) => each.isLead)) {
      const leads = [];
      while (view.at(-1).isLead) leads.unshift(view.pop());
      views.push(view);
      view = leads;
    }
    view.push(block);
  }
  views.push(view);
  return views;
}
