"""Solvents, salts and additives of lithium electrolytes: formula, density, other names.

Densities are those compiled by Kim et al. 2023, doi:10.1073/pnas.2214357120, for the
solvents of their data set, so that volumes turn into their moles; lines marked CRC are from
the CRC Handbook of Chemistry and Physics, at 20 to 25 degC. The formulas are the molecules'
own: four of the compilation have other atom counts (ethylene sulfite and 1,4-dioxane, with
densities of other molecules too; LiTFPFB; LiFNFSI), and two miscount their rarer elements
(tris(trimethylsilyl) borate, TMS-FNFSI).
"""

#: name -> (formula, density in g/mL or None, other names)
SOLVENTS: dict[str, tuple[str, float | None, tuple[str, ...]]] = {
    # carbonates and esters
    "EC": ("C3H4O3", 1.32, ("ethylene carbonate",)),
    "PC": ("C4H6O3", 1.2, ("propylene carbonate",)),
    "DMC": ("C3H6O3", 1.07, ("dimethyl carbonate",)),
    "EMC": ("C4H8O3", 1.006, ("ethyl methyl carbonate",)),
    "DEC": ("C5H10O3", 0.975, ("diethyl carbonate",)),
    "VC": ("C3H2O3", 1.35, ("vinylene carbonate",)),
    "FEC": ("C3H3FO3", 1.454, ("fluoroethylene carbonate",)),
    "FEMC": ("C4H5F3O3", 1.3, ("methyl 2,2,2-trifluoroethyl carbonate", "MTFEC")),
    "ETFEC": ("C5H7F3O3", 1.253, ("ethyl 2,2,2-trifluoroethyl carbonate",)),
    "TFEC": ("C5H4F6O3", 1.51, ("bis(2,2,2-trifluoroethyl) carbonate", "BTFEC")),
    "GBL": ("C4H6O2", 1.1296, ("gamma-butyrolactone",)),
    "EA": ("C4H8O2", 0.902, ("ethyl acetate",)),
    "MA": ("C3H6O2", 0.934, ("methyl acetate",)),  # CRC
    "MTFP": ("C4H5F3O2", 1.241, ("methyl 3,3,3-trifluoropropionate",)),
    "EGD": ("C6H10O4", 1.104, ("ethylene glycol diacetate",)),
    # ethers
    "DME": ("C4H10O2", 0.868, ("1,2-dimethoxyethane", "monoglyme", "G1")),
    "diglyme": ("C6H14O3", 0.943, ("G2", "DEGDME")),  # CRC
    "triglyme": ("C8H18O4", 0.986, ("G3", "TrEGDME")),  # CRC
    "tetraglyme": ("C10H22O5", 1.009, ("G4", "TEGDME", "tetraethylene glycol dimethyl ether")),
    "DOL": ("C3H6O2", 1.06, ("1,3-dioxolane",)),
    "1,4-dioxane": ("C4H8O2", 1.033, ("DX", "dioxane")),  # CRC
    "diethyl ether": ("C4H10O", 0.7134, ("Et2O",)),
    "1,2-diethoxyethane": ("C6H14O2", 0.842, ("diethoxyethane",)),
    "F3DEE": ("C6H11F3O2", 1.07, ()),
    "F4DEE": ("C6H10F4O2", 1.24, ()),
    "F5DEE": ("C6H9F5O2", 1.29, ()),
    "F6DEE": ("C6H8F6O2", 1.4, ()),
    "DMB": ("C6H14O2", 0.856, ("1,4-dimethoxybutane",)),
    "FDMB": ("C6H10F4O2", 1.21, ()),
    "FDMH": ("C8H10F8O2", 1.3, ()),
    "DMM": ("C3H8O2", 0.859, ("dimethoxymethane",)),  # CRC
    "THF": ("C4H8O", 0.888, ("tetrahydrofuran",)),
    "MTHF": ("C5H10O", 0.854, ("MeTHF", "2-methyltetrahydrofuran")),
    "DMeTHF": ("C6H12O", 0.833, ("2,5-dimethyltetrahydrofuran",)),
    "DEG-FTriEG": ("C16H26F8O8", 1.21, ()),
    "12-crown-4": ("C8H16O4", 1.09, ()),
    "18-crown-6": ("C12H24O6", 1.24, ()),
    # fluorinated diluents
    "BTFE": ("(CF3CH2)2O", 1.404, ("bis(2,2,2-trifluoroethyl) ether",)),
    "D2": ("C4H3F7O", 1.487, ("TFTFE", "1,1,2,2-tetrafluoroethyl 2,2,2-trifluoroethyl ether")),
    "TTE": ("C5H4F8O", 1.5323, ("1,1,2,2-tetrafluoroethyl 2,2,3,3-tetrafluoropropyl ether",)),
    "HFME": ("C4H4F6O", 1.38, ("1,1,1,3,3,3-hexafluoroisopropyl methyl ether",)),
    "TFEO": ("C7H7F9O3", 1.457, ("tris(2,2,2-trifluoroethyl) orthoformate",)),
    "TFEB": ("B(OCH2CF3)3", 1.43, ("TTFEB", "tris(2,2,2-trifluoroethyl) borate")),
    "FB": ("C6H5F", 1.02, ("fluorobenzene",)),
    "FM": ("CH3F", 0.557, ("fluoromethane",)),
    "DCM": ("CH2Cl2", 1.33, ("dichloromethane",)),
    # sulfur, nitrogen, phosphorus, silicon
    "SL": ("C4H8O2S", 1.261, ("TMS", "sulfolane", "tetramethylene sulfone")),
    "DMSO": ("C2H6OS", 1.1, ("dimethyl sulfoxide",)),
    "ES": ("C2H4O3S", 1.426, ("ethylene sulfite",)),  # CRC
    "PS": ("C3H6O3S", 1.392, ("1,3-propane sultone",)),  # CRC
    "DTD": ("C2H4O4S", None, ("ethylene sulfate",)),
    "FSA": ("(CH3)2NSO2F", 1.48, ("N,N-dimethylsulfamoyl fluoride",)),
    "AN": ("CH3CN", 0.786, ("ACN", "acetonitrile")),
    "SN": ("C4H4N2", None, ("succinonitrile",)),
    "FDMA": ("C4H6F3NO", 1.26, ("N,N-dimethyltrifluoroacetamide",)),
    "DMF": ("C3H7NO", 0.944, ("N,N-dimethylformamide",)),  # CRC
    "TEP": ("(C2H5O)3PO", 1.072, ("triethyl phosphate",)),
    "TMP": ("(CH3O)3PO", 1.214, ("trimethyl phosphate",)),  # CRC
    "TMSB": ("B(OSi(CH3)3)3", 0.831, ("tris(trimethylsilyl) borate",)),
    "TMS-FNFSI": ("(CH3)3SiN(SO2F)(SO2C4F9)", None, ()),
}

#: name -> (formula, other names)
SALTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "LiPF6": ("LiPF6", ()),
    "LiBF4": ("LiBF4", ()),
    "LiAsF6": ("LiAsF6", ()),
    "LiClO4": ("LiClO4", ()),
    "LiFSI": ("LiN(SO2F)2", ("lithium bis(fluorosulfonyl)imide",)),
    "LiTFSI": ("LiN(SO2CF3)2", ("lithium bis(trifluoromethanesulfonyl)imide",)),
    "LiFTFSI": ("LiN(SO2F)(SO2CF3)", ()),
    "LiBETI": ("LiN(SO2C2F5)2", ()),
    "LiFNFSI": ("LiN(SO2F)(SO2C4F9)", ()),
    "LiTf": ("LiCF3SO3", ("LiOTf", "lithium triflate")),
    "LiBOB": ("LiB(C2O4)2", ("lithium bis(oxalato)borate",)),
    "LiDFOB": ("LiBF2C2O4", ("LiODFB", "lithium difluoro(oxalato)borate")),
    "LiTFPFB": ("LiBF3OC(CF3)3", ("lithium trifluoro(perfluoro-tert-butyloxyl)borate",)),
    "LiDFP": ("LiPO2F2", ("LiPO2F2", "lithium difluorophosphate")),
    "LiDFBOP": ("LiPF2(C2O4)2", ("lithium difluoro(bisoxalato)phosphate",)),
    "LiTDI": ("LiC6F3N4", ()),
    "LiNO3": ("LiNO3", ("lithium nitrate",)),
    "KNO3": ("KNO3", ()),
    "RbNO3": ("RbNO3", ()),
    "CsNO3": ("CsNO3", ()),
    "CsPF6": ("CsPF6", ()),
    "LiF": ("LiF", ()),
    "LiCl": ("LiCl", ()),
    "LiBr": ("LiBr", ()),
    "LiI": ("LiI", ()),
    "Li2S5": ("Li2S5", ()),
}

#: Names that the field gives to more than one molecule.
AMBIGUOUS = {"DEE": ("diethyl ether", "1,2-diethoxyethane")}
