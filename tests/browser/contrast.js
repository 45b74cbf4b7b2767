// The texts of a page whose contrast is below WCAG 2 AA: 4.5, or 3 where they are large.
() => {
    const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
    const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const light = (rgb) => rgb.reduce((sum, v, i) => sum + linear(v / 255) * [0.2126, 0.7152, 0.0722][i], 0);
    const over = ([r, g, b, a = 1], ground) => [r, g, b].map((v, i) => v * a + ground[i] * (1 - a));
    const groundOf = (element) => {
        if (!element) return [255, 255, 255];
        const own = channels(getComputedStyle(element).backgroundColor);
        return (own[3] ?? 1) === 1 ? own.slice(0, 3) : over(own, groundOf(element.parentElement));
    };
    const opacityOf = (element) =>
        element ? Number(getComputedStyle(element).opacity) * opacityOf(element.parentElement) : 1;
    const poor = [];
    for (const element of document.querySelectorAll("body *")) {
        const isText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
        if (!isText || !element.checkVisibility() || element.closest("svg, .name, script, style")) continue;
        const style = getComputedStyle(element);
        const ground = groundOf(element), [r, g, b, a = 1] = channels(style.color);
        const ink = over([r, g, b, a * opacityOf(element)], ground);
        const [dark, bright] = [light(ink), light(ground)].sort((x, y) => x - y);
        const size = parseFloat(style.fontSize);
        const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        const ratio = (bright + 0.05) / (dark + 0.05);
        if (ratio < (isLarge ? 3 : 4.5)) poor.push([element.outerHTML.slice(0, 80), ratio]);
    }
    return poor;
}
