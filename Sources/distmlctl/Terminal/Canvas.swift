/// A grid of dots that is shown as rows of characters.
///
/// Braille holds 2 × 4 dots a character; marks hold one, and each line has its own, so that lines
/// can be told apart where there is no color.
struct Canvas {
    /// How dots become characters.
    enum Style: Equatable {
        case braille
        case marks
    }

    let style: Style
    /// Columns of characters.
    let columns: Int
    /// Rows of characters.
    let rows: Int
    private var dots: [UInt8]
    private var owners: [Int?]

    init(_ style: Style, columns: Int, rows: Int) {
        precondition(columns > 0 && rows > 0, "a canvas of \(columns) × \(rows)")
        self.style = style
        self.columns = columns
        self.rows = rows
        dots = [UInt8](repeating: 0, count: columns * rows)
        owners = [Int?](repeating: nil, count: columns * rows)
    }

    /// Dots from left to right.
    var width: Int { style == .braille ? columns * 2 : columns }
    /// Dots from top to bottom.
    var height: Int { style == .braille ? rows * 4 : rows }

    /// Sets a dot for the line with this number; (0, 0) is at the top left.
    mutating func set(x: Int, y: Int, line: Int) {
        guard (0..<width).contains(x), (0..<height).contains(y) else { return }
        let across = style == .braille ? 2 : 1
        let down = style == .braille ? 4 : 1
        let cell = y / down * columns + x / across
        dots[cell] |= style == .braille ? Canvas.bits[y % 4][x % 2] : 1
        owners[cell] = line
    }

    /// Sets the dots between two places.
    ///
    /// Source: Bresenham, "Algorithm for computer control of a digital plotter", 1965.
    mutating func draw(from: (x: Int, y: Int), to: (x: Int, y: Int), line: Int) {
        var (x, y) = from
        let across = abs(to.x - x)
        let down = -abs(to.y - y)
        var error = across + down
        while true {
            set(x: x, y: y, line: line)
            if x == to.x, y == to.y { return }
            let twice = 2 * error
            if twice >= down {
                error += down
                x += x < to.x ? 1 : -1
            }
            if twice <= across {
                error += across
                y += y < to.y ? 1 : -1
            }
        }
    }

    /// The characters of a row and the lines they belong to; nil where nothing was drawn.
    func row(_ row: Int) -> [(character: Character, line: Int)?] {
        (0..<columns).map { column in
            let cell = row * columns + column
            guard dots[cell] != 0, let line = owners[cell] else { return nil }
            return (character(dots[cell], of: line), line)
        }
    }

    /// What a line is drawn with where characters tell the lines apart.
    static func mark(of line: Int) -> Character { marks[line % marks.count] }

    private func character(_ dots: UInt8, of line: Int) -> Character {
        guard style == .braille else { return Canvas.mark(of: line) }
        guard let scalar = Unicode.Scalar(0x2800 + UInt32(dots)) else { return "*" }
        return Character(scalar)
    }

    private static let marks: [Character] = ["*", "o", "x", "+", "#", "%"]

    /// The bit of each dot of a braille character, from the top down (Unicode chart U+2800).
    private static let bits: [[UInt8]] = [
        [0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80],
    ]
}
