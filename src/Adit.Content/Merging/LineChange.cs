namespace Adit.Content.Merging;

/// <summary>A run of elements that differs between two sequences; one of both may be empty.</summary>
/// <param name="Start">Where it begins in the first.</param>
/// <param name="End">Where it has ended there.</param>
/// <param name="OtherStart">Where it begins in the second.</param>
/// <param name="OtherEnd">Where it has ended there.</param>
internal readonly record struct LineChange(int Start, int End, int OtherStart, int OtherEnd);
