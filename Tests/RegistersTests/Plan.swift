/// How bad the world of one simulation is; odds are per thousand.
struct Plan {
    /// A fault of the program, not of the world, that the check must find.
    enum Sabotage: CaseIterable {
        /// Promises, and accepts lower ballots all the same.
        case forgetsPromises
        /// Replies before the disk has the vote, and crashes more often just then.
        case answersFirst
        /// Lets a node with an empty disk vote as if it had lost nothing.
        case trustsEmptyDisks
    }

    var hosts = 3
    /// How many of them are members at first; nil for all.
    var founders: Int?
    /// Whether the hosts begin with empty disks, as a new cluster does.
    var isBlank = false
    /// Whether questions about what is remembered of a node always arrive in time.
    var hearsWitnesses = false
    var sabotage: Sabotage?
    var lossOdds = 0
    var doubleOdds = 0
    var slowOdds = 0
    var crashOdds = 0
    var delay = 10
    var slowDelay = 300
    var timeout = 40
    var tick = 60
    var deadline = 400
    /// From when on nothing is lost any more and everybody is back.
    var calmAt = 900
    var messagesMax = 5_000

    init(lossOdds: Int = 0, slowOdds: Int = 0) {
        self.lossOdds = lossOdds
        self.slowOdds = slowOdds
    }
}
