// The tool knows one language a site. Screen readers, hyphenation and the choice of Chinese glyphs need the page's own.
if (/(^|\/)zh\//.test(location.pathname)) document.documentElement.lang = "zh-CN";
