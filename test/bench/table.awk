# table.awk -v unit=U -v base=NAME - round TAB name TAB value lines as a table
# or, with -v name=N -v sense=least|most -v limit=L, one promise and its figure
BEGIN { FS = "\t" }

{
	if (!($2 in count))
		order[++names] = $2
	value[$2, ++count[$2]] = $3
	at[$1, $2] = $3
	rounds[$1]
	last = $1
}

END {
	if (name != "")
		promise()
	else
		print_all()
}

# ratios(NAME) - its rounds' ratios to base in r[1..n]; n
function ratios(who,   i, n) {
	for (i in rounds)
		if ((i, who) in at && base == "-")
			r[++n] = at[i, who]
		else if ((i, who) in at && at[i, base] > 0)
			r[++n] = at[i, who] / at[i, base]
	sort(r, n)
	return n
}

function sort(a, n,   i, j, x) {
	for (i = 2; i <= n; i++) {
		x = a[i] + 0
		for (j = i - 1; j > 0 && a[j] > x; j--)
			a[j + 1] = a[j]
		a[j + 1] = x
	}
}

function median(a, n) {
	return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
}

function short(x) {
	return sprintf(x < 100 ? "%.3g" : "%.0f", x)
}

function print_all(   i, j, n, m) {
	printf "%-34s %10s %9s %9s %8s\n", "", unit, "least", "most",
		"x"
	for (i = 1; i <= names; i++) {
		n = count[order[i]]
		for (j = 1; j <= n; j++)
			v[j] = value[order[i], j]
		sort(v, n)
		m = ratios(order[i])
		printf "%-34s %10s %9s %9s %8s\n", order[i], short(median(v, n)),
			short(v[1]), short(v[n]),
			m ? sprintf("%.2f", median(r, m)) : "-"
	}
	printf "%-34s x: times %s, medians of %d rounds\n", "", base, last
}

function promise(   n, x) {
	n = ratios(name)
	if (n == 0)
		exit
	x = median(r, n)
	printf "%s: %s%s (%s to %s), wanted at %s %s: %s\n", name, short(x),
		base == "-" ? "" : " x " base, short(r[1]), short(r[n]), sense,
		limit, (sense == "least" ? x >= limit : x <= limit) ? "yes" : "NO"
}
