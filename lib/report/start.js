addEventListener('DOMContentLoaded', () => {
	takeRows(document);
	addControls();
	readAddress();
	render();
	localTimes(document);
	addTimeline();
	addNav();
	refocus();
	wait();
	(window.requestIdleCallback || setTimeout)(() => rows.forEach(words));
});
